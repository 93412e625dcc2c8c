/** The whole page, from top to bottom. */

import type { JSX } from 'preact';

import { Backoff } from './backoff.js';
import { Chats } from './chats.js';
import { Controls } from './controls.js';
import { EventLog } from './event-log.js';
import { useChanges } from './hooks.js';
import type { Playground } from './playground.js';
import { Statechart } from './statechart.js';
import { Status } from './status.js';
import { Timeline } from './timeline.js';

/** A constant, so that nothing is rendered again for it. */
const NONE: readonly never[] = [];

export function App({ playground }: { playground: Playground }): JSX.Element {
  useChanges(playground);
  const { session, settings } = playground;
  return (
    <>
      <header class="top">
        <h1>stream-reconnect playground</h1>
        <p>
          An answer is streamed to this page twice: through the library, and through a plain{' '}
          <code>fetch</code> loop. Break the line and watch what becomes of both. The model is
          simulated; the servers, the sockets and the library are real.
        </p>
      </header>
      <main data-revision={playground.revision}>
        <Status session={session} />
        <Controls playground={playground} />
        <div class="stage">
          <Chats session={session} />
        </div>
        <div class="stage machine">
          <Statechart playground={playground} />
          <EventLog lines={session?.lines ?? NONE} />
        </div>
        <Timeline session={session} />
        <Backoff
          settings={settings}
          waits={session?.waits ?? NONE}
          apply={playground.applySettings}
        />
      </main>
    </>
  );
}
