/** The page. */

import { render } from 'preact';
import { App } from './app.js';
import { takeToken } from './feed.js';

const place = document.getElementById('app');
if (place !== null) {
  place.replaceChildren();
  render(<App token={takeToken()} />, place);
}
