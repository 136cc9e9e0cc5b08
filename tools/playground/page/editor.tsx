import { javascript } from '@codemirror/lang-javascript';
import { basicSetup, EditorView } from 'codemirror';
import { useEffect, useRef } from 'preact/hooks';

export interface EditorProps {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** A text to be edited. A `text` that is not what it has itself replaces it. */
export function Editor({ label, text, onChange }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    view.current = new EditorView({
      parent: place.current!,
      doc: text,
      extensions: [
        basicSetup,
        javascript({ typescript: true }),
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current(update.state.doc.toString());
        }),
      ],
    });
    return () => view.current?.destroy();
  }, []);
  useEffect(() => {
    const { state } = view.current!;
    if (state.doc.toString() === text) return;
    view.current!.dispatch({ changes: { from: 0, to: state.doc.length, insert: text } });
  }, [text]);
  return <div class="editor" ref={place} />;
}
