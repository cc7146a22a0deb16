using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Simulation;
using ZoneTierFS.Simulation.Stress;

if (args is ["--threads", ..])
{
    return await ThreadedStress.RunAsync(args, Console.Out);
}

LockOrder.IsWatched = true;
ProcessMemory.SuitManyVolumes();

if (CommandLine.TryParse(args) is not CommandLine command)
{
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

if (command.Directory is int entries)
{
    await new DirectoryRun(entries, Console.WriteLine).RunAsync(TimeProvider.System);
    return 0;
}

using TextWriter output = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16));
var options = new SimulationOptions
{
    Steps = command.Steps,
    Trace = command.Trace ? output : null,
    SweepOneOf = command.Sweep,
    AppendErrors = command.AppendErrors,
    FlushLies = command.LyingFlush,
    MediaFaults = command.MediaFaults,
    Planted = command.Planted,
};
var runner = new SeedRunner(command.From, command.Seeds, options);
long poolItems = ThreadPool.CompletedWorkItemCount;
runner.Run(line =>
{
    output.WriteLine(line);
    output.Flush();
});

string switches = (command.Steps is int steps ? $" --steps {steps}" : "") + (command.Sweep > 0 ? $" --sweep {command.Sweep}" : "")
    + (command.AppendErrors ? " --append-errors" : "")
    + (command.LyingFlush ? " --lying-flush" : "") + (command.MediaFaults ? " --media-faults" : "")
    + (command.Planted != PlantedBug.None ? $" --plant {command.Planted}" : "");
foreach (SeedResult failure in runner.Failures)
{
    output.WriteLine($"replay: dotnet run --project tests/ZoneTierFS.Simulation -- --seed {failure.Seed} --trace{switches}");
}

// Nothing in a seeded world uses the thread pool, so whatever ran there has escaped from one.
long escaped = ThreadPool.CompletedWorkItemCount - poolItems;
if (escaped > 0)
{
    output.WriteLine($"{escaped} work items ran on the thread pool: some code has left its seeded world");
}

output.WriteLine($"crashes in: {runner.Phases}");
if (command.Sweep > 0)
{
    output.WriteLine($"crash points in: {runner.PointPhases}");
}

output.WriteLine($"{runner.Passed} seeds passed, {runner.Failures.Count} failed, {runner.Crashes} crashes, {runner.CrashPoints} crash points, "
    + $"{runner.Operations} operations");
output.Flush();
bool good = command.LyingFlush || command.Planted != PlantedBug.None ? runner.Failures.Count > 0 : runner.Failures.Count == 0 && escaped == 0;
return good ? 0 : 1;
