using ZoneTierFS.Devices;

namespace ZoneTierFS.Simulation;

/// <summary>
/// What a device's flash holds, over all power cuts: per zone a durable state and the operations that came after it. It outlives the devices that are
/// opened over it. <see cref="CutPower"/> decides what survives, by the rule of <see cref="IZonedDevice"/>: each zone by itself keeps any prefix of
/// its unflushed operations, and bytes that no flush covered may be anything.
/// </summary>
public sealed class FaultyMedium
{
    private static readonly CutStyle[] CutStyles =
    [
        CutStyle.LoseAll, CutStyle.KeepAll, CutStyle.KeepSome, CutStyle.KeepSome, CutStyle.TearLast, CutStyle.TearLast, CutStyle.ScrambleAll,
        CutStyle.ScrambleAll, CutStyle.KeepOneZone, CutStyle.KeepOneZone,
    ];

    public FaultyMedium(ZonedGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        Geometry = geometry;
        Zones = [.. Enumerable.Range(0, geometry.ZoneCount).Select(_ => new FaultyZone(geometry.ZoneCapacity))];
    }

    private FaultyMedium(FaultyMedium origin, bool isWritable)
    {
        Geometry = origin.Geometry;
        Zones = Array.ConvertAll(origin.Zones, zone => zone.Fork(isWritable));
        Completed = origin.Completed;
    }

    public ZonedGeometry Geometry { get; }

    internal FaultyZone[] Zones { get; }

    /// <summary>Operations completed so far.</summary>
    internal long Completed { get; set; }

    /// <summary>Zones that are partly written, or may be so when the operations in flight are done.</summary>
    internal int CountActive()
        => Zones.Count(zone => zone.Current.IsActive(Geometry.ZoneCapacity) || (zone.InFlight?.After.IsActive(Geometry.ZoneCapacity) ?? false));

    /// <summary>Goes up with whatever changes what a power cut could leave behind.</summary>
    internal long Version { get; set; }

    /// <summary>
    /// The medium as it is at this moment, in which the power can fail without the medium itself knowing. To be used before the medium goes on.
    /// </summary>
    /// <param name="isWritable">Whether a device will write to the copy.</param>
    internal FaultyMedium Fork(bool isWritable) => new(this, isWritable);

    internal void MakeDurable(long upTo)
    {
        Version++;
        foreach (FaultyZone zone in Zones)
        {
            zone.MakeDurable(upTo);
        }
    }

    /// <summary>The power fails: unflushed operations survive, vanish or tear, as the seed has it.</summary>
    public void CutPower(SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        CutStyle style = random.Pick(CutStyles);
        int[] kept = [.. Zones.Select(zone => ChooseKept(zone, style, random))];
        KeepFavourite(kept, style, random);
        RespectActiveLimit(kept, random);
        for (int i = 0; i < Zones.Length; i++)
        {
            FaultyZone zone = Zones[i];
            ZoneState survivor = zone.After(kept[i]);
            if (kept[i] > 0 && style is not (CutStyle.KeepAll or CutStyle.KeepOneZone))
            {
                survivor = Tear(zone, kept[i], survivor, style, random);
            }

            zone.Settle(survivor);
        }
    }

    private static int ChooseKept(FaultyZone zone, CutStyle style, SeededRandom random) => style switch
    {
        CutStyle.LoseAll or CutStyle.KeepOneZone => 0,
        CutStyle.KeepAll => zone.Unflushed.Count,
        _ => random.Next(zone.Unflushed.Count + 1),
    };

    /// <summary>What a missing flush between two zones cannot bear: all of one survives, and nothing of the others.</summary>
    private void KeepFavourite(int[] kept, CutStyle style, SeededRandom random)
    {
        int[] changed = [.. Enumerable.Range(0, Zones.Length).Where(i => Zones[i].Unflushed.Count > 0)];
        if (style == CutStyle.KeepOneZone && changed.Length > 0)
        {
            int favourite = random.Pick(changed);
            kept[favourite] = Zones[favourite].Unflushed.Count;
        }
    }

    /// <summary>
    /// Prefixes chosen zone by zone can add up to more active zones than the device can ever have had. All zones at their latest state is a mix that it
    /// had, so zones go there one by one until the limit is kept.
    /// </summary>
    private void RespectActiveLimit(int[] kept, SeededRandom random)
    {
        if (Geometry.MaxActiveZones == 0)
        {
            return;
        }

        List<int> movable = [.. Enumerable.Range(0, Zones.Length).Where(i => kept[i] < Zones[i].Unflushed.Count)];
        while (movable.Count > 0 && CountActive(kept) > Geometry.MaxActiveZones)
        {
            int choice = random.Next(movable.Count);
            kept[movable[choice]] = Zones[movable[choice]].Unflushed.Count;
            movable.RemoveAt(choice);
        }
    }

    private int CountActive(int[] kept)
        => Enumerable.Range(0, Zones.Length).Count(i => Zones[i].After(kept[i]).IsActive(Geometry.ZoneCapacity));

    private ZoneState Tear(FaultyZone zone, int kept, ZoneState survivor, CutStyle style, SeededRandom random)
    {
        ZoneOperation last = zone.Unflushed[kept - 1];
        int block = Geometry.BlockSize;
        long lastStart = zone.After(kept - 1).Written;
        bool mayShorten = Geometry.MaxActiveZones == 0 || !survivor.IsFull(Geometry.ZoneCapacity);
        if (mayShorten && last.Kind == ZoneOperationKind.Append && (last.IsInFlight || random.Chance(0.5)))
        {
            // Shorter by whole blocks, but not to nothing: that is what keeping one operation less means.
            long blocks = (survivor.Written - lastStart) / block;
            survivor = survivor with { Written = lastStart + (blocks == 0 ? 0 : random.Between(1, blocks) * block) };
        }

        bool sameImage = ReferenceEquals(survivor.Image, zone.Durable.Image);
        long from = style == CutStyle.ScrambleAll ? (sameImage ? zone.Durable.Written : 0) : lastStart;
        if (style == CutStyle.ScrambleAll || (style == CutStyle.TearLast && last.Kind == ZoneOperationKind.Append))
        {
            for (long at = from; at < survivor.Written; at += block)
            {
                Scramble(survivor.Image, at, block, random);
            }
        }

        return survivor;
    }

    private static void Scramble(ZoneImage image, long at, int block, SeededRandom random)
    {
        Span<byte> bytes = image.Block(at, block);
        switch (random.Next(6))
        {
            case 0:
                bytes.Clear();
                break;
            case 1:
                random.Fill(bytes);
                break;
            case 2 when image.Before is ZoneImage before:
                // The most plausible garbage there is: what the zone held before its reset, checksums and all.
                before.Read(at, bytes);
                break;
            case 3:
                bytes[random.Next(block)] ^= (byte)(1 << random.Next(8));
                break;
        }
    }

    private enum CutStyle
    {
        LoseAll,
        KeepAll,
        KeepSome,
        TearLast,
        ScrambleAll,
        KeepOneZone,
    }
}
