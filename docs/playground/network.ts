/** A network that can be switched off: `fetch` with bodies that break or stop. */

export interface Network {
  /** The `fetch` of the streams of this page. */
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>;
  readonly isOnline: boolean;
  /** False: live bodies break, and new requests are refused, as by a browser without a network. */
  setOnline(isOnline: boolean): void;
  /** True: nothing is read any more, and the bytes wait in the socket. */
  setFrozen(isFrozen: boolean): void;
}

export function createNetwork(): Network {
  const live = new Set<(error: TypeError) => void>();
  let isOnline = true;
  let thaw: (() => void) | null = null;
  let thawed: Promise<void> = Promise.resolve();

  return {
    fetch: request,
    get isOnline() {
      return isOnline;
    },
    setOnline(next) {
      isOnline = next;
      if (!next) for (const breakOff of live) breakOff(lost());
    },
    setFrozen(isFrozen) {
      if (isFrozen === (thaw !== null)) return;
      thaw?.();
      thaw = null;
      if (isFrozen) thawed = new Promise((resolve) => (thaw = resolve));
    },
  };

  async function request(input: string, init?: RequestInit): Promise<Response> {
    await thawed;
    if (!isOnline) throw lost();
    const response = await fetch(input, init);
    await thawed;
    if (!isOnline) throw lost();
    const { status, statusText, headers } = response;
    const body = response.body === null ? null : breakable(response.body);
    return new Response(body, { status, statusText, headers });
  }

  function breakable(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = source.getReader();
    let breakOff: (error: TypeError) => void = () => {};
    return new ReadableStream<Uint8Array>({
      start(controller) {
        breakOff = (error) => {
          live.delete(breakOff);
          controller.error(error);
          void reader.cancel().catch(() => undefined);
        };
        live.add(breakOff);
      },
      async pull(controller) {
        await thawed;
        try {
          const { done, value } = await reader.read();
          await thawed;
          if (!live.has(breakOff)) return;
          if (!done) return controller.enqueue(value);
          live.delete(breakOff);
          controller.close();
        } catch (error) {
          if (live.delete(breakOff)) controller.error(error);
        }
      },
      cancel(reason) {
        live.delete(breakOff);
        return reader.cancel(reason);
      },
    });
  }
}

function lost(): TypeError {
  return new TypeError('Failed to fetch (the simulated network is off)');
}
