/** Derives addresses from the caller's: with more query parameters, or with a longer path. */

import { adopt } from '../../../../machines/thenable.js';
import { toUrl } from './validate-request.js';
import type { RequestContext, RequestOptions } from './request.js';

/** Returns the request with an address that `change` derives from the caller's at each attempt. */
export function withAddress(
  request: RequestOptions,
  change: (url: URL, context: RequestContext) => void,
): RequestOptions {
  return { ...request, url: address };

  async function address(context: RequestContext): Promise<URL> {
    const { url } = request;
    const base = new URL(toUrl(typeof url === 'function' ? await adopt(url(context)) : url, true));
    change(base, context);
    return base;
  }
}
