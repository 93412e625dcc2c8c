/** The page. */

import { render } from 'preact';
import { App } from './app.js';
import { hasToken, takeToken } from './model/feed.js';

const place = document.getElementById('app');
if (place !== null) {
  place.replaceChildren();
  render(<App token={takeToken()} />, place);
}

// The address of another start, pasted into a page that is open: the browser loads nothing by itself.
addEventListener('hashchange', () => {
  if (!hasToken()) return;
  takeToken();
  location.reload();
});
