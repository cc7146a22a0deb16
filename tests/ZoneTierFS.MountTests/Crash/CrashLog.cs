using System.Globalization;
using System.Text;
using Mono.Unix.Native;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>
/// What recorders note outside the mount, each line before they go on: what they are about to do, and what was acknowledged. It need not survive more than the
/// end of the process, so it is not synced itself.
/// </summary>
internal sealed class CrashLog(string path) : IDisposable
{
    private readonly PosixFile _file = PosixFile.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND);

    public void Intend(int worker, CrashStep step) => Note($"intend {worker} {step}");

    /// <summary>The sync of the worker's last step returned: what it covers is durable.</summary>
    public void Acknowledge(int worker) => Note($"done {worker}");

    /// <summary>The worker's last step was refused and changed nothing.</summary>
    public void Refuse(int worker, Errno error) => Note($"refused {worker} {error}");

    /// <summary>Of the worker's last step, a write, only so many bytes were taken.</summary>
    public void Shorten(int worker, long length) => Note(string.Create(CultureInfo.InvariantCulture, $"short {worker} {length}"));

    /// <summary>Something was wrong while the daemon was alive.</summary>
    public void Complain(int worker, string what) => Note($"wrong {worker} {what.ReplaceLineEndings(" ")}");

    public void Dispose() => _file.Dispose();

    /// <summary>The steps of each worker, in order, and all complaints.</summary>
    public static (List<CrashRecord>[] Workers, List<string> Complaints) Read(string path, int workers)
    {
        List<CrashRecord>[] records = [.. Enumerable.Range(0, workers).Select(_ => new List<CrashRecord>())];
        List<string> complaints = [];
        foreach (var line in File.ReadLines(path))
        {
            var fields = line.Split(' ');
            var worker = records[int.Parse(fields[1], CultureInfo.InvariantCulture)];
            switch (fields[0])
            {
                case "intend":
                    worker.Add(new CrashRecord(CrashStep.Parse(fields.AsSpan(2)), IsAcknowledged: false, IsRefused: false));
                    break;
                case "done":
                    worker[^1] = worker[^1] with { IsAcknowledged = true };
                    break;
                case "refused":
                    worker[^1] = worker[^1] with { IsRefused = true };
                    break;
                case "short":
                    worker[^1] = worker[^1] with { Step = worker[^1].Step with { Length = int.Parse(fields[2], CultureInfo.InvariantCulture) } };
                    break;
                default:
                    complaints.Add(line);
                    break;
            }
        }
        return (records, complaints);
    }

    /// <summary>One write(2), so that lines of threads do not mix.</summary>
    private void Note(string line) => _file.Write(Encoding.ASCII.GetBytes(line + "\n"));
}
