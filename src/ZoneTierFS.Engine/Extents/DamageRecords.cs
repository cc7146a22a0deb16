using System.Text;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Where bytes of files are known to be lost, since the mount: each place is logged once, and listed for as long as a file needs it. Everything wants the state
/// lock, except for <see cref="Note"/>, which takes it.
/// </summary>
internal sealed class DamageRecords(VolumeState state)
{
    /// <summary>Places that are kept; those beyond are logged as often as they are met, and not listed.</summary>
    public const int PlacesMax = 4096;

    /// <summary>Longer paths are told by their ends, in characters.</summary>
    private const int PathMax = 1024;

    private readonly List<Place> _places = [];

    /// <summary>Notes blocks of a file that cannot be read where they lie; no news are no line in the log.</summary>
    public void Note(ulong inode, Extent part, string problem)
    {
        string path;
        lock (state.Gate)
        {
            // That the whole device is gone was told once; and what the file has left meanwhile is no loss.
            if (state.Zones[part.At.Device].IsLost || !IsMapped(new Place(inode, part, problem)) || IsKnown(part.At, part.Count)) return;
            if (_places.Count > 0 && _places[^1] is var last && last.Inode == inode && last.Part.End == part.FileBlock
                && last.Part.At.Plus(last.Part.Count) == part.At && last.Problem == problem)
                _places[^1] = last with { Part = last.Part with { Count = last.Part.Count + part.Count } };
            else if (_places.Count < PlacesMax)
                _places.Add(new Place(inode, part, problem));
            path = PathOf(inode);
        }
        StateLog.DataDamaged(
            state.Log, inode, (long)part.FileBlock * DeviceZones.BlockSize, (long)part.End * DeviceZones.BlockSize, problem, path);
        state.Watch.Suspect(part.At.Device);
    }

    /// <summary>Whether some of the blocks that a copy stands for cannot be had where they belong: the copy is then the last of them.</summary>
    public bool IsLastCopy(ulong inode, Extent copy)
    {
        for (var block = copy.FileBlock; block < copy.End;)
        {
            if (!state.Extents.TryFindFrom(ItemKind.Extent, inode, block, out var found) || found.FileBlock >= copy.End) return false;
            var authority = found.Slice(Math.Max(block, found.FileBlock), Math.Min(copy.End, found.End));
            var zones = state.Zones[authority.At.Device];
            if (zones.IsLost || zones[authority.At.Zone].Health == ZoneHealth.Offline || IsDamaged(authority)) return true;
            block = authority.End;
        }
        return false;
    }

    /// <summary>What is still needed and lost, at most so many, and how many files have such places.</summary>
    public (IReadOnlyList<DamagedRange> Ranges, int Files) List(int max)
    {
        _places.RemoveAll(place => !IsMapped(place));
        var ranges = _places.Take(max).Select(place => new DamagedRange(
            PathOf(place.Inode), place.Inode, (long)place.Part.FileBlock * DeviceZones.BlockSize, (long)place.Part.End * DeviceZones.BlockSize, place.Problem));
        return ([.. ranges], _places.Select(place => place.Inode).Distinct().Count());
    }

    private string PathOf(ulong inode)
    {
        var path = "/" + Encoding.UTF8.GetString(state.Names.PathOf(inode));
        return path.Length <= PathMax ? path : "…" + path[^PathMax..];
    }

    private bool IsDamaged(Extent part)
    {
        foreach (var place in _places)
            if (Overlaps(place.Part, part.At, part.Count)) return true;
        return false;
    }

    private bool IsKnown(Location at, uint count)
    {
        foreach (var place in _places)
            if (Overlaps(place.Part, at, count) && place.Part.At.Block <= at.Block && at.Block + count <= place.Part.At.Block + place.Part.Count
                && IsMapped(place)) return true;
        return false;
    }

    private static bool Overlaps(Extent part, Location at, uint count) =>
        part.At.Device == at.Device && part.At.Zone == at.Zone && part.At.Block < at.Block + count && at.Block < part.At.Block + part.Count;

    /// <summary>The file still needs a block of the place: it was neither overwritten nor moved since.</summary>
    private bool IsMapped(Place place) =>
        state.Extents.TryFindFrom(ItemKind.Extent, place.Inode, place.Part.FileBlock, out var now) && now.FileBlock < place.Part.End
        && now.At.Device == place.Part.At.Device && now.At.Zone == place.Part.At.Zone
        && (long)now.At.Block - (long)now.FileBlock == (long)place.Part.At.Block - (long)place.Part.FileBlock;

    private readonly record struct Place(ulong Inode, Extent Part, string Problem);
}
