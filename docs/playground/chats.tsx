/** The response as two readers have received it, side by side. */

import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { countWords, partsOf, textOf } from './answer.js';
import type { Part } from './answer.js';
import type { AnswerRecord } from './server.js';
import type { Session } from './session.js';
import { plainLossOf } from './status.js';
import { visible } from './visible.js';

const QUESTION = 'Why does an answer sometimes stop in mid-sentence?';

export function Chats({ session }: { session: Session | null }): JSX.Element {
  return (
    <>
      <Chat
        id="kept"
        title="stream-reconnect"
        records={session?.records ?? []}
        isWriting={session !== null && session.snapshot.state !== 'closed'}
        verdict={session === null ? '' : verdictOf(session)}
        isBad={session?.snapshot.state === 'failed'}
      />
      <Chat
        id="plain"
        title="plain fetch"
        records={session?.plain?.records ?? []}
        isWriting={session?.plain?.status === 'reading'}
        verdict={session === null ? '' : plainVerdictOf(session)}
        isBad={session !== null && plainLossOf(session) > 0}
      />
    </>
  );
}

interface ChatProps {
  readonly id: string;
  readonly title: string;
  readonly records: readonly AnswerRecord[];
  readonly isWriting: boolean;
  readonly verdict: string;
  readonly isBad: boolean;
}

function Chat({ id, title, records, isWriting, verdict, isBad }: ChatProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box !== null && isAtEnd.current) box.scrollTop = box.scrollHeight;
  }, [records.length]);
  const follow = (): void => {
    const box = scroller.current;
    // Someone who scrolls up is reading: then the text does not scroll by itself.
    if (box !== null) isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  };
  return (
    <section class="panel chat" id={`chat-${id}`} aria-labelledby={`title-${id}`}>
      <h2 id={`title-${id}`}>{title}</h2>
      <div
        class="messages"
        ref={scroller}
        onScroll={follow}
        tabIndex={0}
        role="region"
        aria-label={`Messages, ${title}`}
      >
        <p class="message user">{QUESTION}</p>
        <div class="message model" data-testid={`answer-${id}`}>
          {partsOf(records).map((part, index) => (
            <Piece key={index} part={part} />
          ))}
          {isWriting && <span class="caret" aria-hidden="true" />}
        </div>
      </div>
      <p class={isBad ? 'verdict bad' : 'verdict'} data-testid={`verdict-${id}`}>
        {verdict}
      </p>
    </section>
  );
}

function Piece({ part }: { part: Part }): JSX.Element {
  if (part.type === 'text') return <span class="text">{visible(part.text)}</span>;
  return (
    <div class={part.isWhole ? 'tool whole' : 'tool'}>
      <p>
        <b>{visible(part.name)}</b>
        <span>{part.isWhole ? 'whole: may run' : 'not whole: must not run'}</span>
      </p>
      <code>{visible(part.args)}</code>
    </div>
  );
}

function verdictOf({ snapshot, records, of }: Session): string {
  const words = countWords(textOf(records));
  const have = `${words} words, ${records.length} of ${of} chunks`;
  return snapshot.state === 'closed' ? `Over. ${have}.` : `${have}.`;
}

function plainVerdictOf(session: Session): string {
  const { plain } = session;
  const lost = plainLossOf(session);
  if (plain === null) return `Gone with the reload: ${lost} words lost.`;
  const words = countWords(textOf(plain.records));
  if (plain.status === 'reading') return `${words} words.`;
  const end = plain.status === 'broken' ? `Broken (${plain.message})` : `Over: ${plain.message}`;
  return lost > 0 ? `${end}. ${words} words, ${lost} lost.` : `${end}. ${words} words.`;
}
