using System.Buffers.Binary;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Finds the structures in an image by their marks, and tells those that the next opening will look at from what is left of older times.</summary>
internal sealed class ImageParts
{
    private const int BlocksPerPage = PageFormat.Size / ImageDevice.BlockSize;

    private static readonly (PartKind Kind, int Weight)[] s_weights =
        [(PartKind.Superblock, 1), (PartKind.Page, 6), (PartKind.Batch, 4), (PartKind.Footer, 1), (PartKind.Data, 3)];

    private readonly List<ImagePart> _all = [];
    private readonly Dictionary<PartKind, ImagePart[]> _live;

    public ImageParts(Image image, Guid uuid)
    {
        for (var device = 0; device < image.Devices.Length; device++)
        {
            for (var zone = 0; zone < image.Devices[device].Zones.Length; zone++)
                Survey(image, uuid, new BlockPlace(device, zone, 0));
        }
        _live = _all.GroupBy(part => part.Kind).ToDictionary(group => group.Key, group => ChooseLive(image, [.. group]));
    }

    /// <summary>Pages of the newest checkpoint that are of a kind.</summary>
    public IReadOnlyList<ImagePart> LivePages(PageKind kind) => [.. Live(PartKind.Page).Where(part => part.PageKind == kind)];

    /// <summary>Structures of a kind that matter to the next opening.</summary>
    public IReadOnlyList<ImagePart> Live(PartKind kind) => _live.GetValueOrDefault(kind) ?? [];

    /// <summary>A structure: most often a live one, and metadata more often than its share.</summary>
    public ImagePart Pick(SeededRandom random)
    {
        if (random.Chance(0.1))
            return random.Pick(_all);
        while (true)
        {
            var ticket = random.Next(s_weights.Sum(entry => entry.Weight));
            var kind = s_weights.First(entry => (ticket -= entry.Weight) < 0).Kind;
            if (Live(kind) is { Count: > 0 } parts)
                return random.Pick(parts);
        }
    }

    private void Survey(Image image, Guid uuid, BlockPlace zone)
    {
        var blocks = image.ZoneOf(zone).Written;
        for (var block = 0; block < blocks;)
        {
            var part = Identify(image, uuid, zone with { Block = block }, blocks - block);
            _all.Add(part);
            block += part.Blocks;
        }
        if (blocks == 0)
            return;
        var last = image.Read(zone with { Block = image.ZoneOf(zone).Blocks.Length - 1 }, 1);
        if (ZoneFooter.BlocksOf(last, zone.Zone) is var length and > 0)
            _all.Add(new ImagePart(PartKind.Footer, zone with { Block = image.ZoneOf(zone).Blocks.Length - length }, length));
    }

    private static ImagePart Identify(Image image, Guid uuid, BlockPlace at, int left)
    {
        var bytes = image.Read(at, 1);
        if (Superblock.TryRead(bytes, out var superblock, out _))
            return new ImagePart(PartKind.Superblock, at, 1, superblock.Generation);
        if (left >= BlocksPerPage && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(PageFormat.MagicOffset)) == PageFormat.Magic)
        {
            return new ImagePart(PartKind.Page, at, BlocksPerPage,
                BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(PageFormat.GenerationOffset)),
                (PageKind)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(PageFormat.KindOffset)),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(PageFormat.IdOffset)));
        }
        if (JournalBatchHeader.TryPeek(bytes, out var header) && header.BatchLength / ImageDevice.BlockSize <= left
            && JournalBatchHeader.TryRead(image.Read(at, header.BatchLength / ImageDevice.BlockSize), uuid, out header))
            return new ImagePart(PartKind.Batch, at, header.BatchLength / ImageDevice.BlockSize, header.Sequence);
        return new ImagePart(PartKind.Data, at, 1);
    }

    private ImagePart[] ChooseLive(Image image, ImagePart[] parts)
    {
        if (parts[0].Kind == PartKind.Superblock)
            return [.. parts.GroupBy(part => part.At.Device).SelectMany(group => group.OrderByDescending(part => part.Number).Take(2))];
        if (parts[0].Kind == PartKind.Page)
        {
            return [.. parts.GroupBy(part => (part.PageKind, part.PageId))
                .SelectMany(group => group.Where(part => part.Number == group.Max(one => one.Number)))];
        }
        if (parts[0].Kind != PartKind.Batch)
            return parts;
        var root = _all.Where(part => part.PageKind == PageKind.CheckpointRoot).MaxBy(part => part.Number);
        var first = root is null ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(image.Read(root.At, 1).AsSpan(CheckpointRoot.JournalSequenceOffset));
        return [.. parts.Where(part => part.Number >= first)];
    }
}
