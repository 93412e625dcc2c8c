/** Ids of a peer as segments of a path, which must not lead to another address. */

/**
 * Returns the id as one segment of a path, or undefined if it cannot be one: `.` and `..` change the path even if
 * they are percent-encoded, and some servers decode several times before they resolve them.
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
    // A lone surrogate cannot be encoded.
    return undefined;
  }
}
