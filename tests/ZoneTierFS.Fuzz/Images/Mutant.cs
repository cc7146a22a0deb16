using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>A volume that was changed where nobody may change it.</summary>
/// <param name="IsSealed">Some checksums are right for other bytes than they should, so that what the volume says of itself need not be true.</param>
/// <param name="Story">What was done to it.</param>
internal sealed record Mutant(Image Image, bool IsSealed, string Story)
{
    /// <summary>The mutant that these dice make of a volume.</summary>
    public static Mutant Make(BaseVolume volume, BaseVolume other, ImageParts parts, SeededRandom random)
    {
        var image = volume.Newest.Copy();
        var (raw, crafted) = (new RawMutations(volume, other, parts), new SealedMutations(volume, parts));
        var sealedShare = random.Pick([0, 0, 0, 0.5, 1, 1, 1]);
        var (isSealed, story) = (false, new List<string>());
        // Most have few mutations: what comes first hides what comes later.
        for (var count = random.Pick([1, 1, 1, 2, 2, 3, 5, 8]); count > 0; count--)
        {
            var seals = random.Chance(sealedShare);
            story.Add(seals ? crafted.Apply(image, random) : raw.Apply(image, random));
            isSealed |= seals || RawMutations.KeepsChecksums(story[^1]);
        }
        return new Mutant(image, isSealed, string.Join(", ", story));
    }
}
