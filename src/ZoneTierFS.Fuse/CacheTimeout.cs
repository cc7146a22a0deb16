namespace ZoneTierFS.Fuse;

/// <summary>How long the kernel may believe a reply, as it wants it.</summary>
internal readonly record struct CacheTimeout(ulong Seconds, uint Nanoseconds)
{
    public static CacheTimeout From(TimeSpan time) => new((ulong)(time.Ticks / TimeSpan.TicksPerSecond), (uint)(time.Ticks % TimeSpan.TicksPerSecond * 100));
}
