using System.Globalization;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>One system call of one recorder, as it was meant; a line of the log.</summary>
/// <param name="Path">From the recorder's own directory.</param>
/// <param name="Other">A rename's or link's new path, a symbolic link's target, an attribute's value; "-" for none.</param>
/// <param name="Offset">Where a write begins, or the new length of a truncated file, bytes.</param>
/// <param name="Tag">Of the bytes written: <see cref="CrashContent"/>.</param>
internal sealed record CrashStep(CrashStepKind Kind, string Path, string Other = "-", int Offset = 0, int Length = 0, ulong Tag = 0)
{
    public bool IsSync => Kind is CrashStepKind.SyncFile or CrashStepKind.SyncDirectory or CrashStepKind.SharedSync;

    public bool IsShared => Kind is CrashStepKind.SharedAppend or CrashStepKind.SharedSync;

    public static CrashStep Parse(ReadOnlySpan<string> fields) => new(
        Enum.Parse<CrashStepKind>(fields[0]), fields[1], fields[2], int.Parse(fields[3], CultureInfo.InvariantCulture),
        int.Parse(fields[4], CultureInfo.InvariantCulture), ulong.Parse(fields[5], CultureInfo.InvariantCulture));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind} {Path} {Other} {Offset} {Length} {Tag}");
}
