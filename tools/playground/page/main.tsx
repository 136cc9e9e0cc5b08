import './buffer.ts';
import '../../../packages/inspector/page/theme.css';
import './style.css';
import { render } from 'preact';
import { Playground } from './playground.tsx';

render(<Playground />, document.getElementById('page')!);
