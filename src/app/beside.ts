/** What the page does beside showing prices; fetched after the first of them. */
export { shareTabs } from './tabs';
export { timePrices } from './times';
