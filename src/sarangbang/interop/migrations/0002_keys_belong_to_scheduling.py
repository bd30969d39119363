from django.db import migrations


class Migration(migrations.Migration):
    """Which request a key was for is kept by ``scheduling.KeyedRequest``, for all doors alike."""

    dependencies = [("interop", "0001_initial")]

    operations = [migrations.DeleteModel(name="RepeatedRequest")]
