namespace ZoneTierFS.Engine.Zones;

/// <summary>Counts what one device takes, by cause. Needs no lock: journal, checkpoints, streams and the mover append at the same time.</summary>
internal sealed class WriteMeter
{
    private readonly long[] _bytes = new long[(int)WriteCause.Padding + 1];

    public void Count(WriteCause cause, long bytes) => Interlocked.Add(ref _bytes[(int)cause], bytes);

    public long Of(WriteCause cause) => Volatile.Read(ref _bytes[(int)cause]);

    public WrittenBytes Total =>
        new(Of(WriteCause.User), Of(WriteCause.Cleaning), Of(WriteCause.Moving), Of(WriteCause.Metadata), Of(WriteCause.Padding));
}
