/** The page. */

import { render } from 'preact';
import { App } from './app.js';
import { hasToken, takeToken } from './model/feed.js';

const place = document.getElementById('app');
if (place !== null) {
  place.replaceChildren();
  render(<App token={takeToken()} />, place);
}

// A new address that only differs behind the `#` does not make the browser reload the page.
addEventListener('hashchange', () => {
  if (!hasToken()) return;
  takeToken();
  location.reload();
});
