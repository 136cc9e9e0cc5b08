export {
  type ArrowCount,
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
export { inspect, inspectLog, type InspectLogOptions, type InspectOptions } from './server/inspect.ts';
