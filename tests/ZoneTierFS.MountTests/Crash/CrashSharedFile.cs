using System.Runtime.InteropServices;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>The file that all recorders append to: whole records, each recorder's in its order without a gap, and none that was acknowledged missing.</summary>
internal static class CrashSharedFile
{
    /// <param name="before">The file when the recorders began.</param>
    /// <returns>Null where all is as promised, or else what is not.</returns>
    public static string? Verify(byte[] before, byte[] found, List<CrashRecord>[] workers)
    {
        var known = new Dictionary<ulong, (int Worker, int Index)>();
        var owed = new int[workers.Length];
        for (var worker = 0; worker < workers.Length; worker++)
        {
            var appended = 0;
            foreach (var record in workers[worker].Where(record => record.Step.IsShared && !record.IsRefused))
            {
                if (record.IsAcknowledged) owed[worker] = appended;
                if (record.Step.Kind == CrashStepKind.SharedAppend) known[FirstWord(CrashContent.Of(record.Step.Tag, 8))] = (worker, appended++);
            }
        }
        return FirstProblem(before, found, known, owed, workers);
    }

    private static string? FirstProblem(
        byte[] before, byte[] found, Dictionary<ulong, (int Worker, int Index)> known, int[] owed, List<CrashRecord>[] workers)
    {
        if (!found.AsSpan().StartsWith(before)) return "the shared file lost what it had";
        if (found.Length % CrashRecorder.SharedRecordBytes != 0) return "the shared file ends within a record";
        var next = new int[workers.Length];
        for (var at = before.Length; at < found.Length; at += CrashRecorder.SharedRecordBytes)
        {
            var bytes = found.AsSpan(at, CrashRecorder.SharedRecordBytes);
            if (!known.TryGetValue(FirstWord(bytes), out var record)) return $"the shared file has at {at} what nobody wrote";
            if (record.Index != next[record.Worker]++) return $"the shared file has worker {record.Worker}'s record {record.Index} out of order";
            if (!bytes.SequenceEqual(Content(workers[record.Worker], record.Index))) return $"the shared file's record at {at} is torn";
        }
        for (var worker = 0; worker < next.Length; worker++)
            if (next[worker] < owed[worker]) return $"the shared file lacks acknowledged records of worker {worker}: {next[worker]} of {owed[worker]}";
        return null;
    }

    private static byte[] Content(List<CrashRecord> records, int index) =>
        CrashContent.Of(
            records.Where(record => record.Step.Kind == CrashStepKind.SharedAppend && !record.IsRefused).ElementAt(index).Step.Tag,
            CrashRecorder.SharedRecordBytes);

    private static ulong FirstWord(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ulong>(bytes);
}
