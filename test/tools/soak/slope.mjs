/** Least squares. */

/** @param points `{ at, value }`, at least two @returns the growth of the value per unit of `at` */
export function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  const top = points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0);
  const bottom = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  return top / bottom;
}
