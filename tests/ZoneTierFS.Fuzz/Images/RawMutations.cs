using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>What a medium, a cable or a careless copy can do to an image: no checksum is made right again.</summary>
internal sealed class RawMutations(BaseVolume volume, BaseVolume other, ImageParts parts)
{
    private delegate void Mutation(Image image, SeededRandom random);

    /// <summary>
    /// Whole zones of another place or time bring their checksums along. A page says its kind and number, not its volume nor the version that is wanted, so
    /// that it may pass for what lay there.
    /// </summary>
    public static bool KeepsChecksums(string mutation) => mutation is nameof(RevertZone) or nameof(TakeForeignZone) or nameof(SwapZones);

    /// <summary>Does one of them. Returns what was done, in words.</summary>
    public string Apply(Image image, SeededRandom random)
    {
        Mutation[] all =
        [
            FlipBits, FlipBits, Scribble, Scribble, Blank, CopyBlock, SwapBlocks, SwapZones, TruncateZone, TruncateZone, PushPointer, RevertZone, RevertZone,
            TakeForeignZone, SwapDevices, ResetZone,
        ];
        var mutation = random.Pick(all);
        mutation(image, random);
        return mutation.Method.Name;
    }

    private BlockPlace PickBlock(Image image, SeededRandom random)
    {
        var part = parts.Pick(random);
        // Devices of another size may have come to this place.
        return part.At with { Zone = part.At.Zone % image.Devices[part.At.Device].Zones.Length, Block = part.At.Block + random.Next(part.Blocks) };
    }

    private void Change(Image image, SeededRandom random, Action<byte[]> change)
    {
        var at = PickBlock(image, random);
        var bytes = image.Read(at, 1);
        change(bytes);
        image.Write(at, bytes);
    }

    private void FlipBits(Image image, SeededRandom random) => Change(image, random, bytes =>
    {
        for (var flips = random.Between(1, 16); flips > 0; flips--)
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
    });

    private void Scribble(Image image, SeededRandom random) => Change(image, random, bytes =>
    {
        var from = random.Next(bytes.Length);
        random.Fill(bytes.AsSpan(from, random.Between(1, bytes.Length - from)));
    });

    private void Blank(Image image, SeededRandom random) => Change(image, random, bytes => bytes.AsSpan().Fill(random.Chance(0.5) ? (byte)0 : (byte)0xFF));

    private void CopyBlock(Image image, SeededRandom random)
    {
        var (from, to) = (PickBlock(image, random), PickBlock(image, random));
        image.Write(to, image.Read(from, 1));
    }

    private void SwapBlocks(Image image, SeededRandom random)
    {
        var (one, other) = (PickBlock(image, random), PickBlock(image, random));
        var bytes = image.Read(one, 1);
        image.Write(one, image.Read(other, 1));
        image.Write(other, bytes);
    }

    private void SwapZones(Image image, SeededRandom random)
    {
        var (one, other) = (PickBlock(image, random), PickBlock(image, random));
        var zone = image.ZoneOf(one);
        image.Devices[one.Device].Zones[one.Zone] = image.ZoneOf(other);
        image.Devices[other.Device].Zones[other.Zone] = zone;
    }

    private void TruncateZone(Image image, SeededRandom random)
    {
        var zone = image.ZoneOf(PickBlock(image, random));
        (zone.Written, zone.IsFinished) = (random.Next(zone.Written + 1), false);
    }

    /// <summary>The pointer says that more was written than was; what is there is of an older time, or nothing.</summary>
    private void PushPointer(Image image, SeededRandom random)
    {
        var zone = image.ZoneOf(PickBlock(image, random));
        zone.Written = random.Between(zone.Written, zone.Blocks.Length);
        zone.IsFinished |= random.Chance(0.2);
    }

    private void ResetZone(Image image, SeededRandom random)
    {
        var at = PickBlock(image, random);
        image.Devices[at.Device].Zones[at.Zone] = new ImageZone(image.ZoneOf(at).Blocks.Length);
    }

    private void RevertZone(Image image, SeededRandom random)
    {
        var at = PickBlock(image, random);
        image.Devices[at.Device].Zones[at.Zone] = random.Pick(volume.Moments).ZoneOf(at).Copy();
    }

    private void TakeForeignZone(Image image, SeededRandom random)
    {
        var at = PickBlock(image, random);
        image.Devices[at.Device].Zones[at.Zone] = random.Pick(other.Moments).ZoneOf(at).Copy();
    }

    private void SwapDevices(Image image, SeededRandom random)
    {
        var (one, two) = (random.Next(image.Devices.Length), random.Next(image.Devices.Length));
        (image.Devices[one], image.Devices[two]) = (image.Devices[two], image.Devices[one]);
    }
}
