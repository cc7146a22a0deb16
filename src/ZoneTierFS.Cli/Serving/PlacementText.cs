using System.Globalization;
using System.Text.Json;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Cli.Serving;

/// <summary>A file's place in the words of the attributes.</summary>
internal static class PlacementText
{
    /// <summary>Fewer bytes than any extent takes in JSON: bounds how many are tried.</summary>
    private const int ExtentBytesMin = 64;

    public static string NameOf(FileClass fileClass) => fileClass.ToString().ToLowerInvariant();

    /// <summary>
    /// The tier that serves the file, or each tier's share in percent of the bytes: "tlc", "tlc=25,qlc=75". Shares add up to 100, and a tier with any
    /// byte has at least 1. A file with nothing on a device yet is in "memory" while bytes wait there, and otherwise on "none".
    /// </summary>
    public static string Shares(FilePlacement placement)
    {
        var tiers = placement.BytesByTier.Where(tier => tier.Value > 0).ToList();
        if (tiers.Count == 0)
            return placement.DirtyBytes > 0 ? "memory" : "none";
        if (tiers.Count == 1)
            return tiers[0].Key;
        var total = tiers.Sum(tier => (decimal)tier.Value);
        var percents = tiers.Select(tier => Math.Max(1, (int)Math.Round(tier.Value * 100 / total))).ToList();
        percents[percents.IndexOf(percents.Max())] += 100 - percents.Sum();
        return string.Join(',', tiers.Zip(percents, (tier, percent) => $"{tier.Key}={percent}"));
    }

    /// <summary>Bytes read in a second, as the short and the long average.</summary>
    public static string Heat(FilePlacement placement) =>
        string.Create(CultureInfo.InvariantCulture, $"short={Math.Round(placement.HeatShort)},long={Math.Round(placement.HeatLong)}");

    public static byte[] ExtentsJson(FilePlacement placement, int bytesMax) => ExtentsJson(placement, bytesMax, out _);

    /// <param name="whole">False when not all extents fit: the last element then says "truncated".</param>
    public static byte[] ExtentsJson(FilePlacement placement, int bytesMax, out bool whole) =>
        Fit(placement, bytesMax, extents => JsonSerializer.SerializeToUtf8Bytes(extents, CliJson.Readable.IReadOnlyListExtentReport), out whole);

    public static byte[] ExplainJson(FilePlacement placement, string fastTier, int bytesMax) =>
        Fit(placement, bytesMax, extents => JsonSerializer.SerializeToUtf8Bytes(Report(placement, fastTier, extents), CliJson.Readable.FileReport), out _);

    private static byte[] Fit(FilePlacement placement, int bytesMax, Func<IReadOnlyList<ExtentReport>, byte[]> serialize, out bool whole)
    {
        var count = Math.Min(placement.Extents.Count, bytesMax / ExtentBytesMin);
        while (true)
        {
            whole = count == placement.Extents.Count;
            List<ExtentReport> extents = [.. placement.Extents.Take(count).Select(ExtentReport.Of)];
            if (!whole)
                extents.Add(ExtentReport.Cut);
            var json = serialize(extents);
            if (json.Length <= bytesMax || count == 0)
                return json;
            count = Math.Min(count - 1, (int)((long)count * bytesMax / json.Length));
        }
    }

    private static FileReport Report(FilePlacement placement, string fastTier, IReadOnlyList<ExtentReport> extents) => new()
    {
        Inode = placement.Inode,
        Path = placement.Path,
        Class = NameOf(placement.Class),
        ClassReason = placement.ClassReason,
        HomeTier = placement.HomeTier,
        FastTier = fastTier,
        Tier = Shares(placement),
        Pin = placement.Pin,
        Sealed = placement.Sealed,
        Size = placement.Size,
        BytesByTier = placement.BytesByTier,
        PromotedBytes = placement.PromotedBytes,
        DirtyBytes = placement.DirtyBytes,
        HeatShort = placement.HeatShort,
        HeatLong = placement.HeatLong,
        NextMove = placement.NextMove,
        Extents = extents,
    };
}
