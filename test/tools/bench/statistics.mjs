/** What a handful of rounds says. */

export function median(values) {
  return quantile(values, 0.5);
}

/** The median, and the middle half of all: what lies outside is another program's doing. */
export function summary(values) {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at % 1);
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
