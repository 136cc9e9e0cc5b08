import { showStep, type Step } from '@millrace/testing';
import { useEffect, useState } from 'preact/hooks';

/** What one record did at each node, forwards and back. */
export function Steps({ steps }: { readonly steps: readonly Step[] }) {
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [steps]);
  const step = steps[Math.min(at, steps.length - 1)];
  if (step === undefined) return null;
  const go = (to: number): void => setAt(Math.max(0, Math.min(steps.length - 1, to)));
  return (
    <>
      <h2>Steps</h2>
      <p class="buttons">
        <button type="button" disabled={step.index === 0} onClick={() => go(step.index - 1)}>
          Back
        </button>
        <button type="button" disabled={step.index === steps.length - 1} onClick={() => go(step.index + 1)}>
          Forward
        </button>
        <label>
          Step{' '}
          <input
            type="range"
            min="0"
            max={steps.length - 1}
            value={step.index}
            onInput={({ currentTarget }) => go(Number(currentTarget.value))}
          />{' '}
          {step.index} of 0 to {steps.length - 1}
        </label>
      </p>
      <pre tabIndex={0}>{showStep(step)}</pre>
    </>
  );
}
