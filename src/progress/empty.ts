/** One empty list for all streams, where each would keep one of its own. Never written to. */
export const EMPTY: never[] = [];
