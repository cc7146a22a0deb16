using System.Globalization;
using System.Text;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// How far a scrub has come, as it outlives the mount: an attribute of the root directory that nobody else can set. Times in ns since the Unix epoch.
/// </summary>
/// <param name="Device">The device of the zone that comes next; -1 when no pass is under way.</param>
/// <param name="Bytes">What the pass has read.</param>
internal readonly record struct ScrubProgress(int Device, int Zone, long Started, long Finished, long Bytes)
{
    private const int TextMax = 128;

    public static ScrubProgress None { get; } = new(-1, 0, 0, 0, 0);

    private static ReadOnlySpan<byte> Name => "user.ztfs.scrub"u8;

    /// <summary>None where nothing sensible is stored. Under the state lock.</summary>
    public static ScrubProgress Load(VolumeState state)
    {
        Span<byte> text = stackalloc byte[TextMax];
        var length = state.Xattrs.Get(Volume.RootInode, Name, text);
        if (!length.IsOk) return None;
        var parts = Encoding.ASCII.GetString(text[..length.Value]).Split(' ');
        var numbers = new long[5];
        if (parts.Length != numbers.Length) return None;
        for (var i = 0; i < numbers.Length; i++)
            if (!long.TryParse(parts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i])) return None;
        var (device, zone) = (numbers[0], numbers[1]);
        var isPlace = device >= 0 && device < state.Zones.Length && zone >= 0 && zone <= state.Zones[(int)device].Count;
        var progress = new ScrubProgress(-1, 0, Math.Max(0, numbers[2]), Math.Max(0, numbers[3]), Math.Max(0, numbers[4]));
        return isPlace ? progress with { Device = (int)device, Zone = (int)zone } : progress;
    }

    /// <summary>Part of what is made durable next; not stored where the volume has no room for it. Under the state lock.</summary>
    public void Store(VolumeState state)
    {
        if (!state.Space.HasMetadataRoom(besideData: true)) return;
        var text = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Device} {Zone} {Started} {Finished} {Bytes}"));
        state.Xattrs.Set(Volume.RootInode, Name, text, XattrSetMode.CreateOrReplace);
        state.Journal.EndTransaction();
    }
}
