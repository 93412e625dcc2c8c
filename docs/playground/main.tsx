/** Renders the page. */

import 'uplot/dist/uPlot.min.css';
import './playground.css';

import { render } from 'preact';

import { App } from './app.js';
import { createPlayground } from './playground.js';

const playground = createPlayground();
// For use in the console.
Object.assign(globalThis, { playground });

const place = document.getElementById('app');
if (place !== null) render(<App playground={playground} />, place);
void playground.begin();
