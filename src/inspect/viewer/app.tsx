/** The whole page: streams and their lanes above, the selected one below. */

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ActorView } from './actor-view.js';
import { openFeed } from './model/feed.js';
import type { Feed, Line } from './model/feed.js';
import { EventLog } from './event-log.js';
import { Model } from './model/model.js';
import { visible } from './model/text.js';
import { Timeline } from './timeline.js';

export interface AppProps {
  readonly token: string | null;
}

export function App({ token }: AppProps): JSX.Element {
  const model = useMemo(() => new Model(), []);
  const feed = useRef<Feed | null>(null);
  const [line, setLine] = useState<Line>(token === null ? 'refused' : 'opening');
  const [refusal, setRefusal] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const redraw = useRedraw();

  useEffect(() => {
    if (token === null) return;
    feed.current = openFeed(token, {
      hello: (hello) => {
        model.greet(hello);
        redraw();
      },
      messages: (messages) => {
        model.take(messages);
        redraw();
      },
      line: setLine,
      refusal: setRefusal,
    });
  }, [token, model]);

  const { roots } = model;
  const actor = roots.find(({ id }) => id === chosen) ?? roots[0] ?? null;
  const isCommanding = line === 'live' && !model.isReadOnly;
  return (
    <>
      <header class="top">
        <h1>
          <span class="mark" aria-hidden="true" />
          stream-reconnect <span class="quiet">inspector</span>
        </h1>
        <LineBadge line={line} refusal={refusal} />
      </header>
      <main>
        {actor === null ? (
          <Empty line={line} />
        ) : (
          <>
            <Timeline
              roots={roots}
              now={model.now()}
              chosen={actor.id}
              hiddenCount={model.hiddenCount}
              onChoose={setChosen}
            />
            <div class="columns">
              <ActorView
                key={actor.id}
                actor={actor}
                now={model.now()}
                isCommanding={isCommanding}
                send={(event) =>
                  feed.current?.send(actor.id, event) ?? Promise.resolve('not connected')
                }
              />
              <EventLog model={model} actor={actor} />
            </div>
          </>
        )}
      </main>
    </>
  );
}

/** Renders once per frame, however many messages came, and four times a second for the countdowns. */
function useRedraw(): () => void {
  const [, count] = useState(0);
  const isAsked = useRef(false);
  const redraw = useRef(() => {
    if (isAsked.current) return;
    isAsked.current = true;
    requestAnimationFrame(() => {
      isAsked.current = false;
      count((n) => n + 1);
    });
  });
  useEffect(() => {
    const timer = setInterval(() => redraw.current(), 250);
    return () => clearInterval(timer);
  }, []);
  return redraw.current;
}

const LINES: Readonly<Record<Line, string>> = {
  opening: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  ended: 'Ended',
  refused: 'Not connected',
};

interface LineBadgeProps {
  readonly line: Line;
  /** Why the server refuses the page, shown while the page tries again; null: it does not refuse it. */
  readonly refusal: string | null;
}

function LineBadge({ line, refusal }: LineBadgeProps): JSX.Element {
  const isWaiting = line === 'opening' || line === 'lost';
  return (
    <p class={`line line-${line}`} role="status">
      <span class="dot" aria-hidden="true" />
      {LINES[line]}
      {isWaiting && refusal !== null && `: ${visible(refusal)}`}
    </p>
  );
}

function Empty({ line }: { readonly line: Line }): JSX.Element {
  return (
    <section class="card empty">
      {line === 'refused' ? (
        <>
          <h2>This page has no key</h2>
          <p>
            Open the address that <code>inspector.url</code> gives, with the part behind the{' '}
            <code>#</code>. It changes with each start of the inspector.
          </p>
        </>
      ) : (
        <>
          <h2>Nothing to show yet</h2>
          <p>
            Pass the inspector to a stream, and it appears here:{' '}
            <code>reconnectStream(source, {'{ inspect: inspector.inspect }'})</code>
          </p>
        </>
      )}
    </section>
  );
}
