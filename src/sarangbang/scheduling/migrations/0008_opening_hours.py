from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0002_names_for_readers"),
        ("scheduling", "0007_offers_of_several_visits"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="weeklyrule",
            index=models.Index(fields=["weekday", "starts", "ends"], name="weekly_rule_opening"),
        ),
        migrations.AddIndex(
            model_name="weeklyrule",
            index=models.Index(
                condition=models.Q(("on_holidays", True)),
                fields=["weekday", "starts", "ends"],
                name="weekly_rule_holiday_opening",
            ),
        ),
    ]
