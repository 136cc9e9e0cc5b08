import { useEffect, useState } from 'preact/hooks';
import { type About, follow, load, type LogSnapshot, type Snapshot, TokenNeededError } from './data.ts';

/** Snapshots that are kept: some minutes. */
const kept = 300;
const retryMs = 1000;

export type Status = 'connecting' | 'connected' | 'disconnected' | 'token needed';

export interface Connection {
  /** What the page is of; undefined until it is known. */
  readonly about: About | undefined;
  /** The last ones, of an app or of a log. */
  readonly history: readonly (Snapshot | LogSnapshot)[];
  readonly status: Status;
  readonly problem: string;
  /** Begins again, with a token. */
  readonly retry: () => void;
}

/** Follows the server for as long as the page is open. */
export function useConnection(): Connection {
  const [about, setAbout] = useState<About>();
  const [history, setHistory] = useState<Connection['history']>([]);
  const [status, setStatus] = useState<Status>('connecting');
  const [problem, setProblem] = useState('');
  const [session, setSession] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          setAbout(await load<About>('/inspector/topology', stop.signal));
          setStatus('connected');
          setProblem('');
          await follow('/inspector/events', stop.signal, (_, data) =>
            setHistory((before) => [...before, data as Snapshot | LogSnapshot].slice(-kept)),
          );
          setStatus('disconnected');
        } catch (error) {
          if (stop.signal.aborted) return;
          if (error instanceof TokenNeededError) return setStatus('token needed');
          setStatus('disconnected');
          setProblem(error instanceof Error ? error.message : String(error));
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    };
    run().catch((error: unknown) => setProblem(String(error)));
    return () => stop.abort();
  }, [session]);
  return { about, history, status, problem, retry: () => setSession((one) => one + 1) };
}
