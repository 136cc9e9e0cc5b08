export { type LaidOut, layout, type PlacedArrow, type PlacedBox, type PlacedPart } from './layout.ts';
export { topologySvg } from './svg.ts';
export {
  type ArrowCount,
  type GraphArrow,
  type GraphBox,
  type GraphBoxKind,
  type TopologyGraph,
  topologyGraph,
} from './topology-graph.ts';
