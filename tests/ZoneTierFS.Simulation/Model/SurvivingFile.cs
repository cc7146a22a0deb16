namespace ZoneTierFS.Simulation;

/// <summary>The data of a file as it was read back.</summary>
/// <param name="Blocks">Blocks of 4096 bytes by their number; absent ones are zeros. Null where only the size was looked at.</param>
internal sealed record SurvivingFile(long Size, SortedDictionary<long, byte[]>? Blocks)
{
    private static readonly byte[] Zeros = new byte[FileHistory.Block];

    public ReadOnlySpan<byte> this[long block] => Blocks!.TryGetValue(block, out byte[]? content) ? content : Zeros;
}
