using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine;

/// <summary>Bytes moved since the mount, by cause.</summary>
internal sealed class VolumeCounters
{
    private long _userBytesRead;
    private long _userBytesWritten;

    public long UserBytesRead => Volatile.Read(ref _userBytesRead);
    public long UserBytesWritten => Volatile.Read(ref _userBytesWritten);

    /// <summary>Bytes of files that lie elsewhere now; changed by the mover only. <see cref="WriteMeter"/> counts what it wrote for that.</summary>
    public long CleanedBytes { get; set; }
    public long PromotedBytes { get; set; }
    public long DemotedBytes { get; set; }

    private long _healedBytes;

    /// <summary>Bytes of files that were damaged and written anew from their copy.</summary>
    public long HealedBytes => Volatile.Read(ref _healedBytes);

    public long ReplayedMutations { get; set; }

    public void CountRead(int bytes) => Interlocked.Add(ref _userBytesRead, bytes);

    public void CountHealed(long bytes) => Interlocked.Add(ref _healedBytes, bytes);

    public void CountWritten(int bytes) => Interlocked.Add(ref _userBytesWritten, bytes);
}
