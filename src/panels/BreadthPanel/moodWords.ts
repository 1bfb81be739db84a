/** Bands of the mood, 0..100, in words of state rather than of feeling. */
export function moodWords(mood: number): string {
  if (mood < 25) return 'Broad weakness';
  if (mood < 45) return 'Weaker than usual';
  if (mood <= 55) return 'Balanced';
  return mood <= 75 ? 'Stronger than usual' : 'Broad strength';
}
