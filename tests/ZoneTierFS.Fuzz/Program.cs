using ZoneTierFS.Fuzz;
using ZoneTierFS.Fuzz.Images;

if (CommandLine.TryParse(args) is not { } command)
{
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

var failures = 0;
var total = 0L;
foreach (var target in command.Targets)
{
    var begin = TimeProvider.System.GetTimestamp();
    if (target is "image" or "region")
    {
        using var region = target == "region" ? new RegionRun((ulong)command.Seed) : null;
        IMutantRun run = region is null ? new ImageRun((ulong)command.Seed, BaseVolume.Options) : region;
        var images = new ImageRunner(command, target, run, region is null ? command.Mutants : command.RegionMutants, Console.WriteLine);
        images.Run();
        Console.WriteLine($"{target}: {images.Done} mutants in {TimeProvider.System.GetElapsedTime(begin).TotalSeconds:F0} s: {run.Summary}");
        failures += images.Failures;
        total += images.Done;
        continue;
    }
    var runner = new FuzzRunner(command, Console.WriteLine);
    runner.Run(target);
    var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    Console.WriteLine($"{target}: {runner.Sent} requests, {runner.Served} served without an error, in {seconds:F0} s: {runner.Sent / seconds:F0} a second");
    failures += runner.Failures;
    total += runner.Sent;
}

var peak = System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
Console.WriteLine($"{total} requests and mutants, {failures} failed, at most {peak} MiB of memory");
return failures == 0 ? 0 : 1;
