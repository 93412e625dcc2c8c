/** Runs many jobs, as many at a time as there are workers. */

export async function sideBySide<Job, Worker>(
  jobs: readonly Job[],
  workers: readonly Worker[],
  run: (job: Job, worker: Worker) => Promise<void>,
): Promise<void> {
  const rest = [...jobs].values();
  await Promise.all(
    workers.map(async (worker) => {
      for (const job of rest) await run(job, worker);
    }),
  );
}
