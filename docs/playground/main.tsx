/** The page. */

import 'uplot/dist/uPlot.min.css';
import './playground.css';

import { render } from 'preact';

import { App } from './app.js';
import { createPlayground } from './playground.js';

const playground = createPlayground();
// For the console, where it is at hand to whoever wants to know more.
Object.assign(globalThis, { playground });

const place = document.getElementById('app');
if (place !== null) render(<App playground={playground} />, place);
void playground.begin();
