using ZoneTierFS.Benchmarks.Measuring;

namespace ZoneTierFS.Benchmarks.Suites.Fuse;

/// <summary>The plain file system, the mount that is judged, and whom it is compared with.</summary>
internal sealed class FusePlaces(Place plain, Place mounted, IEnumerable<Place> peers)
{
    /// <summary>Index of the first peer in <see cref="All"/>.</summary>
    public const int PeersStart = 2;

    /// <summary>Peers that the mount is to be ahead of. The null filesystem is none: it does no work.</summary>
    public static IReadOnlySet<string> Rivals { get; } = new HashSet<string> { "bindfs", "mergerfs" };

    public Place Mounted { get; } = mounted;

    public IReadOnlyList<Place> All { get; } = [plain, mounted, .. peers];

    public IReadOnlyList<string> PeerNames => [.. All.Skip(PeersStart).Select(peer => peer.Name)];
}
