export { RandomStream } from '../util/random';
