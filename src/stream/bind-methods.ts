/** Methods that may be taken off their object: `const { close, subscribe } = stream`. */

/**
 * Makes each method of this name bound to its object from the first time it is read. Closures would cost 1.4 KB an object,
 * whether anybody reads them or not; so it is what is read alone that costs anything. The same function is given each time,
 * since hooks compare.
 */
export function bindMethods<T extends object>(
  prototype: T,
  names: readonly (keyof T & string)[],
): void {
  for (const name of names) {
    const method = prototype[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: T) {
        if (this === prototype) return method;
        const value: unknown = method.bind(this);
        Object.defineProperty(this, name, { configurable: true, writable: true, value });
        return value;
      },
    });
  }
}
