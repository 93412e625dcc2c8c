/** The commands of the selected actor. */

import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { eventsOf, acceptsMore } from './model/chart.js';
import type { ShownActor } from './model/model.js';
import { isPossible } from './model/stream-facts.js';
import { visible } from './model/text.js';
import { COMMANDS } from '../collect/protocol.js';
import type { Command, ShownEvent } from '../collect/protocol.js';

export interface CommandsProps {
  readonly actor: ShownActor;
  /** The state of a stream; null: another actor. */
  readonly state: string | null;
  readonly isEnabled: boolean;
  readonly send: (event: ShownEvent) => Promise<string | null>;
}

export function Commands({ actor, state, isEnabled, send }: CommandsProps): JSX.Element {
  const [problem, setProblem] = useState<string | null>(null);
  const dispatch = (event: ShownEvent): void => {
    void send(event).then(setProblem);
  };
  return (
    <>
      {state === null ? (
        <EventForm actor={actor} isEnabled={isEnabled} dispatch={dispatch} onProblem={setProblem} />
      ) : (
        <StreamCommands
          state={state}
          isEnabled={isEnabled}
          dispatch={(type) => dispatch({ type })}
        />
      )}
      <p class="error" role="alert" hidden={problem === null}>
        {visible(problem ?? '')}
      </p>
    </>
  );
}

interface StreamCommandsProps {
  readonly state: string;
  readonly isEnabled: boolean;
  readonly dispatch: (command: Command) => void;
}

/** A button without effect keeps the focus: a press often makes it so. */
function StreamCommands({ state, isEnabled, dispatch }: StreamCommandsProps): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const reset = useRef<HTMLButtonElement>(null);
  const canReset = isEnabled && isPossible('reset', state);
  const answer = (isMeant: boolean): void => {
    if (isMeant) dispatch('reset');
    setAsking(false);
    reset.current?.focus();
  };
  return (
    <>
      <div class="commands" role="group" aria-label="Commands">
        {COMMANDS.map((command) => {
          const can = isEnabled && isPossible(command, state);
          const press = (): void => (command === 'reset' ? setAsking(true) : dispatch(command));
          return (
            <button
              key={command}
              ref={command === 'reset' ? reset : null}
              type="button"
              data-command={command}
              class={command === 'retryNow' ? 'primary' : ''}
              aria-disabled={!can}
              onClick={() => can && press()}
            >
              {NAMES[command]}
            </button>
          );
        })}
      </div>
      {isAsking && canReset && <ResetQuestion answer={answer} />}
    </>
  );
}

/** Asks for confirmation: after `reset` a reader receives the same items again. */
function ResetQuestion({ answer }: { readonly answer: (isMeant: boolean) => void }): JSX.Element {
  const keep = useRef<HTMLButtonElement>(null);
  // In the turn in which the question appears, so that a key pressed at once answers it.
  useLayoutEffect(() => keep.current?.focus(), []);
  return (
    <div class="commands" role="group" aria-labelledby="reset-question">
      <p id="reset-question">The reader gets this stream from its start again.</p>
      <button type="button" onClick={() => answer(true)}>
        Start over
      </button>
      <button type="button" ref={keep} onClick={() => answer(false)}>
        Leave it
      </button>
    </div>
  );
}

const NAMES: Readonly<Record<Command, string>> = {
  connect: 'Connect',
  retryNow: 'Retry now',
  pause: 'Pause',
  resume: 'Resume',
  close: 'Close',
  cancel: 'Cancel',
  reset: 'Reset',
};

interface EventFormProps {
  readonly actor: ShownActor;
  readonly isEnabled: boolean;
  readonly dispatch: (event: ShownEvent) => void;
  readonly onProblem: (problem: string | null) => void;
}

function EventForm({ actor, isEnabled, dispatch, onProblem }: EventFormProps): JSX.Element {
  const types = actor.chart === null ? [] : eventsOf(actor.chart);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!isEnabled) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const textOf = (name: string): string => {
      const value = form.get(name);
      return typeof value === 'string' ? value : '';
    };
    try {
      const rest: unknown = JSON.parse(textOf('payload') || '{}');
      if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) throw new TypeError();
      dispatch({ ...rest, type: textOf('type') });
    } catch {
      onProblem('The payload has to be a JSON object.');
    }
  };
  return (
    <form class="commands" aria-label="Send an event" onSubmit={submit}>
      <label>
        <span>Event</span>
        {types.length === 0 || (actor.chart !== null && acceptsMore(actor.chart)) ? (
          <input name="type" required autocomplete="off" spellcheck={false} />
        ) : (
          <select name="type">
            {types.map((type) => (
              <option key={type} value={type}>
                {visible(type)}
              </option>
            ))}
          </select>
        )}
      </label>
      <label class="grow">
        <span>Payload</span>
        <input name="payload" placeholder="{}" autocomplete="off" spellcheck={false} />
      </label>
      <button type="submit" class="primary" aria-disabled={!isEnabled}>
        Send
      </button>
    </form>
  );
}
