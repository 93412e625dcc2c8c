/** A handshake that was answered by something else than an upgrade: `ws` alone shows what it was. */

import type { ResumePoint } from '../../../machines/contract.js';
import { openFailure } from '../failure.js';
import type { OpenFailure } from '../failure.js';
import { refusalOf } from '../http/answer.js';
import type { Socket } from './socket.js';

interface UpgradeAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  destroy(): void;
}

/** Reports the answer by its status: the same table as for fetch. */
export function refuseUpgrade(
  socket: Socket,
  at: ResumePoint,
  report: (failure: OpenFailure) => void,
): void {
  socket.on?.('unexpected-response', (_request: unknown, answer: UpgradeAnswer) => {
    const { statusCode: status, headers } = answer;
    answer.destroy();
    if (status >= 200 && status < 400) {
      const message = `The handshake was answered with status ${status}`;
      report(openFailure('protocol', message, { fatal: true, status }));
      return;
    }
    const advice = { retryAfter: headers['retry-after'], date: headers['date'] };
    report(refusalOf(status, advice, { withCursor: Boolean(at.cursor), httpPolicy: 'resilient' }));
  });
}
