/** The controls of the stream, grouped by where they act. */

import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { Playground } from './playground.js';
import type { Absence } from './session.js';
import { PACES, SAMPLES } from './settings.js';

const ABSENCES: Readonly<Record<Absence, string>> = {
  stopped: 'The playground has been stopped. Start it again with: npm start',
  restarted: 'The playground was started again: reload the page.',
  dropped: 'The playground keeps 16 answers, and this answer was dropped: press New answer.',
};

export function Controls({ playground }: { playground: Playground }): JSX.Element {
  const { host, session, notice } = playground;
  const state = session?.snapshot.state ?? 'idle';
  const isUp = session?.isServerUp ?? true;
  const isOver = state === 'closed';
  const absence = session?.absence ?? '';
  const [isExplained, setExplained] = useState(false);
  return (
    <section class="panel" aria-label="Controls">
      <div class={isExplained ? 'controls explained' : 'controls'}>
        <Group
          name="Line"
          note="The server resets or silences its real sockets. Offline is simulated in this page: bodies break, new requests are refused, and the library receives `offline`."
        >
          <Button act={() => void playground.fault('cut')}>Cut now</Button>
          <Button act={() => void playground.fault('cut-in-tool')}>Cut inside the tool call</Button>
          <Button act={() => void playground.fault('stall')}>Stall</Button>
          <Switch
            isOn={!host.isOnline}
            on="Go offline"
            act={(next) => playground.setOnline(!next)}
          />
        </Group>
        <Group
          name="Server"
          note="Real: 503 names a time to wait; kill closes the listening socket and every connection. What was written is kept, as in a database."
        >
          <Button act={() => void playground.fault('busy')}>Answer 503</Button>
          <Button act={() => void playground.setServerUp(!isUp)} isPrimary={!isUp}>
            {isUp ? 'Kill the server' : 'Restart the server'}
          </Button>
        </Group>
        <Group
          name="Page"
          note="Freeze is simulated: nothing is read, no timer fires. Hide is simulated: timers fire once a second. Reload is real."
        >
          <Switch isOn={host.isFrozen} on="Freeze" act={playground.setFrozen} />
          <Switch isOn={host.isHidden} on="Hide the tab" act={playground.setHidden} />
          <Button act={playground.reload}>Reload the page</Button>
        </Group>
        <Group
          name="Stream"
          note="Commands of the library. Cancel asks the server to stop writing as well."
        >
          {state === 'paused' ? (
            <Button act={playground.resume} isPrimary>
              Resume
            </Button>
          ) : (
            <Button act={playground.pause} isOff={isOver}>
              Pause
            </Button>
          )}
          <Button act={playground.retryNow} isOff={isOver}>
            Retry now
          </Button>
          <Button act={() => void playground.cancel()} isOff={isOver}>
            Cancel
          </Button>
        </Group>
        <Group
          name="Answer"
          note="Hostile text is markup, terminal codes and marks that turn text around: it must stay text."
        >
          <Button act={() => void playground.newAnswer()} isPrimary>
            New answer
          </Button>
          <label>
            <span>Text</span>
            <select
              value={playground.sample}
              onChange={({ currentTarget }) => playground.setSample(currentTarget.value)}
            >
              {SAMPLES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            <span>Pace</span>
            <select
              value={String(playground.paceMs)}
              onChange={({ currentTarget }) => void playground.setPace(Number(currentTarget.value))}
            >
              {PACES.map(({ name, ms }) => (
                <option key={name} value={String(ms)}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </Group>
      </div>
      <button
        type="button"
        class="explain"
        aria-expanded={isExplained}
        onClick={() => setExplained(!isExplained)}
      >
        What is simulated?
      </button>
      <p class="notice" role="alert">
        {absence === '' ? notice : ABSENCES[absence]}
      </p>
    </section>
  );
}

interface GroupProps {
  readonly name: string;
  readonly note: string;
  readonly children: ComponentChildren;
}

function Group({ name, note, children }: GroupProps): JSX.Element {
  return (
    <fieldset>
      <legend>{name}</legend>
      <div class="buttons">{children}</div>
      <p class="hint">{note}</p>
    </fieldset>
  );
}

interface ButtonProps {
  readonly act: () => void;
  readonly isPrimary?: boolean;
  readonly isOff?: boolean;
  readonly children: ComponentChildren;
}

/** A button without effect keeps the focus, which a disabled one would lose. */
function Button({ act, isPrimary = false, isOff = false, children }: ButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class={isPrimary ? 'primary' : ''}
      aria-disabled={isOff}
      onClick={() => {
        if (!isOff) act();
      }}
    >
      {children}
    </button>
  );
}

interface SwitchProps {
  readonly isOn: boolean;
  readonly on: string;
  readonly act: (next: boolean) => void;
}

/** A toggle: its name stays, and `aria-pressed` shows its state. */
function Switch({ isOn, on, act }: SwitchProps): JSX.Element {
  return (
    <button type="button" aria-pressed={isOn} onClick={() => act(!isOn)}>
      {on}
    </button>
  );
}
