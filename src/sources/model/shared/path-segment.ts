/** Ids in the path of an address: they come from a peer, and must not lead elsewhere. */

/**
 * Returns the id as one segment of a path, or undefined for one that cannot be: `.` and `..` change the path even where
 * they are percent-encoded, and some servers decode, once or several times, before they look for them.
 */
export function pathSegment(id: string): string | undefined {
  const plain = id.replaceAll(/%(?:25)*(?:(2e)|2f|5c)/gi, (_, dot) =>
    dot === undefined ? '/' : '.',
  );
  const leads = plain.split(/[/\\]/).some((part) => part === '' || part === '.' || part === '..');
  if (leads) return undefined;
  try {
    return encodeURIComponent(id);
  } catch {
    // A lone surrogate.
    return undefined;
  }
}
