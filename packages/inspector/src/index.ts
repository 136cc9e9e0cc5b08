export {
  type GraphArrow,
  type GraphBox,
  type GraphBoxKind,
  type LaidOut,
  layout,
  type PlacedArrow,
  type PlacedBox,
  type PlacedPart,
  type TopologyGraph,
  topologyGraph,
  topologySvg,
} from './draw/index.ts';
export { inspect, type InspectOptions } from './server/inspect.ts';
