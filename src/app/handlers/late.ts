import type { ChangeOf } from '@/service';
import type { instrumentHandlers, LateFamily } from './instrument';

type LateChange = ChangeOf<LateFamily>;
type Loaded = ReturnType<typeof instrumentHandlers>;

/** Changes that wait for the code; a second of a busy book. When it cannot be fetched, the panels that read them cannot either. */
const MOST_WAITING = 5_000;

/**
 * Handlers and stores of what only the page of an instrument reads. They are fetched with the first change, so that the table need
 * not wait for them; what comes until then waits in its order.
 */
export class LateHandlers {
  private loaded: Loaded | null = null;
  private loading = false;
  private waiting: LateChange[] = [];

  /** `touched`: what waited has been applied. */
  constructor(private readonly touched: () => void, private readonly load = () => import('./instrument')) {}

  apply(change: LateChange): void {
    if (this.loaded) return hand(this.loaded, change);
    if (this.waiting.length < MOST_WAITING) this.waiting.push(change);
    if (this.loading) return;
    this.loading = true;
    this.load().then(({ instrumentHandlers: make }) => this.begin(make()), () => {
      // The next change asks again; the panels say by themselves that their code is missing.
      this.loading = false;
      this.waiting = [];
    });
  }

  flush(): void {
    this.loaded?.flush();
  }

  private begin(loaded: Loaded): void {
    this.loaded = loaded;
    for (const change of this.waiting.splice(0)) hand(loaded, change);
    this.touched();
  }
}

function hand(loaded: Loaded, change: LateChange): void {
  const handler = loaded.apply[change.family] as (change: LateChange) => void;
  handler(change);
}
