export { createSimulator, SIMULATOR_VENUE, type SimEvent, type Simulator, type SimulatorOptions } from './simulator';
export { syntheticInstruments } from './parameters';
export { SimulatedMarket, type SimulatedInstrument } from './market';
