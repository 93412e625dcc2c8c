/** Addresses that are made from the caller's: with more in the query, or beneath it. */

import { adopt } from '../../../../machines/thenable.js';
import { toUrl } from './validate-request.js';
import type { RequestContext, RequestOptions } from './request.js';

/** The same request at an address that `change` makes from the caller's, for each attempt. */
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
