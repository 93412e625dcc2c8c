/** Graphviz in a chunk of its own: the page is there before it is. */

export { Graphviz } from '@hpcc-js/wasm-graphviz';
