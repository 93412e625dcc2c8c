/** What a handful of rounds says. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** A fresh order each time: whatever drifts while we measure hits all alike. */
export function shuffled(values) {
  const order = [...values];
  for (let n = order.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
}

/** Of paired measurements: the ratio within each round, since rounds differ more than clients do. */
export function ratios(values, bases) {
  return values.map((value, round) => value / bases[round]);
}
