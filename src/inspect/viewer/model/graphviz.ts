/** Graphviz in a chunk of its own, so that the page appears before it is loaded. */

export { Graphviz } from '@hpcc-js/wasm-graphviz';
