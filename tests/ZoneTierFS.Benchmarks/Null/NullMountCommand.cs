using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Benchmarks.Models;
using ZoneTierFS.Benchmarks.Suites;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Null;

/// <summary>`null-mount`: serves a <see cref="NullFileSystem"/> until it is unmounted or the process is told to end.</summary>
internal static class NullMountCommand
{
    public static Command Create()
    {
        Option<string> mountPoint = new("--mount") { Description = "An empty folder.", Required = true };
        Option<long?> size = new("--size")
        {
            Description = $"Length of {MainJobSuite.ModelFile} in it: 300M, 2G ...",
            CustomParser = MakeModelCommand.ParseSize,
            Required = true,
        };
        Command command = new("null-mount", "Serve a filesystem that does no work: it shows what the FUSE transport itself allows.") { mountPoint, size };
        command.SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(mountPoint), parsed.GetValue(size) ?? 0));
        return command;
    }

    private static async Task<int> RunAsync(string mountPoint, long size)
    {
        FuseOptions options = new()
        {
            SourceName = "null",
            TypeName = "null",
            OnBug = bug => Environment.FailFast("the null filesystem has a bug", bug),
        };
        try
        {
            FuseMount mount = FuseMount.Start(mountPoint, new NullFileSystem(MainJobSuite.ModelFile, size), options, NullLogger.Instance);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Unmount);
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Unmount);
            await mount.Completion;
            return 0;

            void Unmount(PosixSignalContext context)
            {
                context.Cancel = true;
                mount.Stop();
            }
        }
        catch (FuseMountException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 1;
        }
    }
}
